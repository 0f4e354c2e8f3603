"""What the program itself did wrong: whole in a private log, a sentence on the screen, its variables nowhere (T5)."""

from store.errors import Problem


class Unexpected(Problem):
    """An error of the program, not of what a person did; it is in the log."""

    exit_status = 3


def noted(error: BaseException) -> Unexpected:
    """Writes the error to the window's log; what to raise, and to tell the person, instead."""
    import logging
    import traceback

    from mail.worker_log import log_file, log_to_file

    with log_to_file(name="window", also_stderr=False):
        logging.getLogger("recipients.window").critical(
            "unexpected error\n%s", "".join(traceback.format_exception(error))
        )
    return Unexpected(
        f"The program itself failed ({type(error).__name__}), nothing more was done. "
        f"Please report it with what stands in {log_file('window')}."
    )
