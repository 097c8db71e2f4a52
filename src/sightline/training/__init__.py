"""The loop, optimizers, schedules and run folders; takes any module and any tensors."""
