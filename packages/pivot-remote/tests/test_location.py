import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pivot_remote import DirectoryLocation, InvalidLocation, Remote, S3Location, parse_location
from pivot_remote.location import check_endpoint, shown


@pytest.mark.parametrize(
    ("url", "bucket", "prefix"),
    [
        ("s3://bucket", "bucket", ""),
        ("s3://bucket/", "bucket", ""),
        ("S3://bucket/a", "bucket", "a/"),
        ("s3://my.bucket-1/team/project/", "my.bucket-1", "team/project/"),
        ("s3://bucket/prefix with space/ü%20", "bucket", "prefix with space/ü%20/"),
    ],
)
def test_a_bucket(url: str, bucket: str, prefix: str) -> None:
    assert parse_location(url) == S3Location(bucket, prefix)


def test_the_url_of_a_bucket_has_no_slash_at_its_end() -> None:
    assert S3Location("bucket", "").url == "s3://bucket"
    assert S3Location("bucket", "a/b/").url == "s3://bucket/a/b"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:///data/pivot", "/data/pivot"),
        ("file:///data//pivot/./x/", "/data/pivot/x"),
        ("file://localhost/data", "/data"),
        ("file:///with%20space%23", "/with space#"),
        ("FILE:///ü", "/ü"),
    ],
)
def test_a_directory(url: str, path: str) -> None:
    assert parse_location(url) == DirectoryLocation(path)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "s3://bucket/prefix or file:///directory"),
        ("bucket/prefix", "s3://bucket/prefix or file:///directory"),
        ("https://bucket.s3.amazonaws.com/x", "s3://bucket/prefix or file:///directory"),
        ("/data/pivot", "a directory is written as file:///directory"),
        ("~/pivot", "a directory is written as file:///directory"),
        ("s3://", "names no bucket"),
        ("s3:///prefix", "names no bucket"),
        ("s3://b/x", "no name of a bucket"),
        ("s3://-bucket/x", "no name of a bucket"),
        ("s3://bu cket/x", "no name of a bucket"),
        ("s3://bucket:80/x", "no name of a bucket"),
        ("s3://bucket/a//b", "an empty part"),
        ("s3://bucket//b", "an empty part"),
        ("s3://bucket/a/../b", "'..'"),
        ("s3://bucket/./b", "'.'"),
        ("s3://bucket/" + "x" * 1000, "more than 900 bytes"),
        ("s3://bucket/a\nb", "control characters"),
        ("file://host/dir", "three slashes"),
        ("file://relative", "three slashes"),
        ("file:///", "no directory below the root"),
        ("file:///a/../b", "'..'"),
        ("file:///a/%2e%2e/b", "'..'"),
        ("file:///a%00b", "control characters"),
        ("file:///a?b", "%3F"),
    ],
)
def test_what_is_no_location(url: str, reason: str) -> None:
    with pytest.raises(InvalidLocation) as caught:
        parse_location(url)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "s3://AKIAKEY:hidden@bucket/prefix",
        "s3://bucket/prefix?X-Amz-Signature=hidden",
        "s3://bucket/prefix#hidden",
        "https://user:hidden@example.org/bucket",
        "user:hidden@bucket",
    ],
)
def test_what_could_be_a_secret_is_not_shown(url: str) -> None:
    with pytest.raises(InvalidLocation) as caught:
        parse_location(url)
    assert "hidden" not in str(caught.value)
    assert "hidden" not in repr(caught.value)


@given(
    st.text() | st.text("s3:/file.@?#%2e\\ab \n\0").map("s3://".__add__) | st.text("/.%2e0f~").map("file://".__add__)
)
@example("s3://bucket/\ud800")
def test_any_text_is_a_safe_place_or_refused(url: str) -> None:
    location: object
    try:
        location = parse_location(url)
    except InvalidLocation as error:
        location = error
    match location:
        case InvalidLocation():
            assert str(location).isprintable()
        case S3Location(bucket, prefix):
            assert "/" not in bucket
            assert prefix == "" or prefix.endswith("/")
            assert not {"", ".", ".."} & set(prefix.split("/")[:-1])
        case DirectoryLocation(path):
            assert path.startswith("/")
            assert not {"", ".", ".."} & set(path.split("/")[1:])
            assert "\0" not in path


@pytest.mark.parametrize("url", ["https://minio.example.org", "http://127.0.0.1:9000", "https://x.org/storage/s3"])
def test_an_endpoint(url: str) -> None:
    check_endpoint(url)
    assert Remote("s3://bucket", endpoint_url=url).location() == S3Location("bucket", "")


@pytest.mark.parametrize(
    "url",
    ["", "minio:9000", "ftp://host", "http://", "http://host:port", "http://host:99999", "http://a b", "http://h/?q=1"],
)
def test_what_is_no_endpoint(url: str) -> None:
    with pytest.raises(InvalidLocation, match="endpoint"):
        Remote("s3://bucket", endpoint_url=url).location()


def test_an_endpoint_with_credentials_is_refused_and_not_shown() -> None:
    with pytest.raises(InvalidLocation) as caught:
        check_endpoint("http://user:hidden@host")
    assert "hidden" not in str(caught.value)


def test_a_remote_describes_where_it_is() -> None:
    assert Remote("s3://bucket/prefix/").describe() == "s3://bucket/prefix"
    assert Remote("s3://bucket", "http://h:1", "eu-west-1").describe() == "s3://bucket at http://h:1 in eu-west-1"
    assert Remote("file:///data").describe() == "file:///data"


def test_shown_keeps_what_is_harmless() -> None:
    assert shown("s3://bucket/prefix") == "s3://bucket/prefix"
    assert shown("http://user:word@host:1/path?query") == "http://host:1/path"
