import pytest

from pivot_cache.repository import find_repository, is_repository

GIT = [".git", ".GIT", ".gIt", "git~1", "GIT~1", ".git ", ".git. .", "git~1.", ".git::$INDEX_ALLOCATION", ".git\\hooks"]
GIT += [".g\u200cit", "\ufeff.git", ".gi\u206et\u202a", ".git ..:x"]
OTHERS = [".gitignore", ".gitkeep", "git", "git~2", "git~10", ".git2", ".git x", " .git", "a.git", "..git", "", ".gît"]


@pytest.mark.parametrize("name", GIT)
def test_what_git_refuses_to_check_out(name: str) -> None:
    assert is_repository(name)
    assert find_repository(["a", name, ".gitignore"]) == name
    assert find_repository(["ü", name]) == name


@pytest.mark.parametrize("name", OTHERS)
def test_other_names(name: str) -> None:
    assert not is_repository(name)
    assert find_repository(["a", name]) is None
