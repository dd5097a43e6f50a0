"""Reading files: what type they are, their texts, copies without some of them, in processes that can do nothing else."""
