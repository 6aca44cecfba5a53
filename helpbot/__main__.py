"""`python -m helpbot`: the same as `helpbot`."""

from helpbot.cli import main

if __name__ == "__main__":
    main(prog_name="helpbot")
