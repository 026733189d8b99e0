"""The help texts, printed by `assay help` and `--help`."""

from __future__ import annotations

from assay_shell.cli.arguments import BARE_FILE, COMMANDS
from assay_shell.runtime.errors import UsageError

_OVERVIEW = """\
assay - Lua 5.5 for operations work

Usage: assay [OPTIONS] FILE [ARGUMENT...]
       assay [OPTIONS] COMMAND ...
       assay [OPTIONS]

FILE is a script (.lua) or a list of checks (.yaml, .yml); - reads a script from standard input.
On a terminal, assay alone opens the shell.
What follows FILE reaches the script as `arg`; write -- before arguments that begin with a dash.

Commands:
  run         run a script or a list of checks, with options of its own
  exec        run code from the command line, or any file as Lua
  checks      look at a list of checks without running it
  docs        explain a builtin or module, or write pages about all of them
  context     find modules for a task
  modules     list all modules
  shell       open the shell, as assay alone does on a terminal
  runbook     run a notebook without a browser, begin one, export one as a script
  kernel      make the notebook kernel known to Jupyter
  doctor      say what is installed, configured and reachable
  completion  print the completion script for bash, zsh or fish
  resume      continue a run that waits for an approval
  approvals   list, show and expire what waits for an approval
  help        show this text, or that of a command
"""

_OPTIONS = """
Options:
  -v, --verbose          show debug log lines as well
      --readonly         refuse everything that changes something
      --strict           take warnings about unknown options as errors
      --debug            show Python tracebacks of internal errors
      --log-format KIND  text (default) or json: one object a line
      --exit-codes KIND  plain (default) or detailed
  -h, --help             show help
  -V, --version          show the version
"""

_COMMAND_TEXTS = {
    "run": """\
Usage: assay run [OPTIONS] FILE [ARGUMENT...]

Run a script (.lua, or - for standard input) or a list of checks (.yaml, .yml).

      --mode MODE        script (default), or tool: one JSON envelope on standard output
      --timeout SECONDS  end the run after so many seconds (tool mode: 20 unless given)
      --script-stdout    tool mode: what the script prints goes to standard output too, not to standard error

For a list of checks, also without the word run:

  -o, --output FORMAT[=FILE]  json, ndjson, junit, tap, github, prometheus, html or pretty; several, to files
      --tag TAG               only checks with that tag, and what they depend on
      --only NAME             only checks of that name (* and ? stand for anything), and what they depend on
      --watch DURATION        begin again after that time (30s, 5m), until Ctrl-C
""",
    "checks": """\
Usage: assay checks validate FILE
       assay checks schema

Read a list of checks and say what is wrong with it, or print the JSON Schema of such files for editors.
""",
    "exec": """\
Usage: assay exec [OPTIONS] -e CODE [ARGUMENT...]
       assay exec [OPTIONS] FILE [ARGUMENT...]

Run CODE, or FILE as Lua whatever its name ends in.

  -e, --eval CODE        the code to run
      --script-stdout    tool mode (ASSAY_MODE=tool): what FILE prints goes to standard output too
""",
    "docs": """\
Usage: assay docs [NAME]
       assay docs build FOLDER

Explain a builtin function (http.get), a group of them (http), a module (assay.vault) or a function of one
(assay.vault.kv_get). Without NAME: list the groups.

build writes a Markdown page for each group and module, an index (reference.md), and llms.txt and llms-full.txt for
language models. Other files in FOLDER stay.

      --all              print the reference of the builtins as one Markdown page
""",
    "context": """\
Usage: assay context QUERY

Find the modules that fit a task and print them as Markdown.

  -l, --limit NUMBER     so many modules at most (default 5)
      --no-builtins      leave out the list of builtin functions
""",
    "modules": """\
Usage: assay modules

List all modules and builtin groups with where they come from.

      --json             with keywords and signatures, as JSON
      --category NAME    only those of one category (builtins, monitoring, secrets, ...)
""",
    "resume": """\
Usage: assay resume --token TOKEN --approve ANSWER

Continue a run that asked for an approval. The script starts from the top; the gate that was shown gets the answer,
and the next gate asks again, with a new token. Refused when script, arguments or the gate have changed.

      --token TOKEN        the token that the run printed
      --approve ANSWER     yes or no
      --approver NAME      who decided; recorded with the answer
      --resume-ttl SECONDS how old the request may be (default: what the request says, 3600)
      --legacy-state       accept requests of older releases, which are bound to no script and answer every gate
      --script-stdout      what the script prints goes to standard output too, not to standard error
""",
    "runbook": """\
Usage: assay runbook run [OPTIONS] FILE
       assay runbook new FILE
       assay runbook export FILE [SCRIPT]

Run a notebook cell by cell, write a new one to begin with, or print one as a script.
Ends with 0, 1 when a cell fails, or 10 when something waits for an approval.

  -p, --param KEY=VALUE  set a parameter; env:NAME reads a variable when the cell runs and is never saved
  -P, --params FILE      set the parameters of a YAML file
  -o, --output FILE      save the notebook with its outputs
      --html FILE        write a page for people
      --junit FILE       write a report for CI servers
      --timeout SECONDS  end a cell that takes longer
      --from-cell TAG    begin with the cell that has this tag (cells with parameters always run)
      --until TAG        end with the cell that has this tag
      --approve ANSWER   answer what would be asked: yes, no or fail; without it the run ends with a token
      --resume TOKEN     go on with a run that waits, together with --approve yes or no
      --approver NAME    who has decided, for the record
""",
    "kernel": """\
Usage: assay kernel install [OPTIONS]

Make the kernel known to Jupyter, in the environment of this Python unless told otherwise.

      --user             for this user, in the home folder
      --prefix FOLDER    below this folder
      --name NAME        under this name (assay)
""",
    "approvals": """\
Usage: assay approvals [list]
       assay approvals show TOKEN
       assay approvals expire [TOKEN]

List what waits for an approval, show all that is known of one request, or remove those that are too old.

      --all              expire: remove all that wait
      --json             print JSON
""",
    "shell": """\
Usage: assay [shell] [OPTIONS]

Open the shell: type Lua, Tab completes, ?NAME explains, .help lists its commands, Ctrl-D leaves.

      --ask              show each write before it is done, and ask
""",
    "doctor": """\
Usage: assay doctor

Say which versions are installed, which folders are used, which extras there are, and which clusters can be reached.
""",
    "completion": """\
Usage: assay completion SHELL

Print the completion script for SHELL: bash, zsh or fish. To use it, for example:

  bash: assay completion bash > ~/.local/share/bash-completion/completions/assay
  zsh:  assay completion zsh > "${fpath[1]}/_assay"
  fish: assay completion fish > ~/.config/fish/completions/assay.fish
""",
    "help": """\
Usage: assay help [COMMAND]

Show what assay can do, or a command's own options.
""",
}


def text(command: str) -> str:
    """Return the help of *command*; "" and a bare file stand for the program itself.

    Raises:
        UsageError: there is no such command.
    """
    if command in ("", BARE_FILE):
        return _OVERVIEW + _OPTIONS
    if command not in _COMMAND_TEXTS:
        from assay_shell.runtime.nearest import did_you_mean

        raise UsageError(f"there is no command '{command}'{did_you_mean(command, COMMANDS)}")
    return _COMMAND_TEXTS[command] + _OPTIONS
