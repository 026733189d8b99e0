"""`python -m assay_shell.kernel -f CONNECTION_FILE`."""

from assay_shell.kernel.app import main

if __name__ == "__main__":
    main()
