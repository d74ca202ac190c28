import pkgutil
import subprocess
import sys

from pyannote_strf import backends


def test_back_ends_do_not_import_pyannote():
    names = [module.name for module in pkgutil.iter_modules(backends.__path__)]
    assert "lstm" in names
    imports = "\n".join(f"import pyannote_strf.backends.{name}" for name in names)
    script = (
        f"import sys\n{imports}\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'pyannote'])"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert output.stdout.strip() == "[]"
