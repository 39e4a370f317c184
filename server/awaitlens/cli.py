"""The command line."""


def main() -> int:
    return 2
