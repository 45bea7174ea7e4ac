import subprocess
import sys
from pathlib import Path

import pytest

from pivot_remote import DirectoryStore, InvalidLocation, Remote, S3Store, open_remote


def test_a_remote_is_opened_by_its_kind(tmp_path: Path) -> None:
    assert isinstance(open_remote(Remote(f"file://{tmp_path}")), DirectoryStore)
    store = open_remote(Remote("s3://bucket/prefix"))
    assert isinstance(store, S3Store)
    assert store.address == "s3://bucket/prefix"


def test_what_is_no_remote_is_refused() -> None:
    with pytest.raises(InvalidLocation):
        open_remote(Remote("ftp://host"))


def test_what_speaks_to_a_server_is_imported_on_use_only() -> None:
    code = (
        "import sys, pivot_remote as r; r.open_remote(r.Remote('s3://bucket')).close(); "
        "print(*{'boto3', 'botocore', 'urllib3', 'http.client', 'ssl', 'hmac', 'email'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
