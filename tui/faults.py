"""What the program itself did wrong: whole in a private log, a sentence on the screen, its variables nowhere (T5)."""

import logging

from store.errors import Problem


class Unexpected(Problem):
    """An error of the program, not of what a person did; it is in the log."""

    exit_status = 3


def noted(error: BaseException) -> Unexpected:
    """Writes the error to the window's log; what to raise, and to tell the person, instead."""
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


def keep_off_the_screen() -> None:
    """What libraries warn of goes to the window's log: on standard error it would be written over the window."""
    logging.captureWarnings(True)
    logging.getLogger().addHandler(_ToLog(logging.WARNING))


class _ToLog(logging.Handler):
    """Opens the log only when there is something to say."""

    def emit(self, record: logging.LogRecord) -> None:
        from mail.worker_log import log_to_file

        with log_to_file(name="window", also_stderr=False):
            logging.getLogger("recipients.window").handle(record)
