# SPDX-License-Identifier: GPL-3.0-or-later
"""The msmtp that we are compared with: from the private tree that "quickstart
check" unpacks ($POSTFIX_TREE), or from where the system has it."""
import os
import shutil


def find_msmtp():
    """The program (None: not here) and what its environment needs."""
    tree = os.environ.get("POSTFIX_TREE", "").rstrip("/")
    own = tree + "/usr/bin/msmtp"
    if tree and os.access(own, os.X_OK):
        machine = os.uname().machine + "-linux-gnu"
        return own, {"LD_LIBRARY_PATH": ":".join(
            tree + top + machine for top in ("/usr/lib/", "/lib/"))}
    return shutil.which("msmtp"), {}
