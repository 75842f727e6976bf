"""The recipe's processes: started, listened to, and what became of them."""
