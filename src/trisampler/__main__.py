"""`python -m trisampler`: the `trisampler` command."""

from trisampler.commands.group import main

if __name__ == "__main__":
    main()
