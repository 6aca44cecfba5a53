"""The path of one question: take in, decide, deliver. Applies what core decides, in one transaction."""
