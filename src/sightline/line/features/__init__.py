"""The store of features: what a base sees in pictures, computed once for a picture, a base and a view.

Whoever wants an embedding of pictures asks a `Store` for its features: the heads of transfer learning do, and so will
what looks for near copies, wrong labels and strangers. See docs/decisions/0028.
"""
