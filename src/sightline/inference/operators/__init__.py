"""What ONNX's operators make of sizes: which shapes a graph's values have, and how much work they are."""
