"""What is kept of enrolled pictures beside a graph, and what is answered by it."""
