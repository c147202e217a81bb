"""Which passwords are taken."""

import pytest
from argon2 import Type, extract_parameters

from pipeline.errors import Unusable
from pipeline.passwords import check_password, fits_hash, hash_password


@pytest.mark.parametrize(
    ("password", "name"),
    [
        pytest.param("correct horse battery", "a", id="a short name is in most words"),
        pytest.param("katharina rides at dawn", "katharina", id="the name and enough beside it"),
        pytest.param("plain words", "ada@example.org", id="ten characters and one more"),
    ],
)
def test_a_long_password_is_taken(password: str, name: str) -> None:
    """S13: what is long without the user's name is a password, whether or not the name's letters are in it."""
    check_password(password, name)


@pytest.mark.parametrize(
    ("password", "name", "said"),
    [
        pytest.param("nine char", "ada", "needs 10 to 200", id="too short"),
        pytest.param("Katharina2026!", "katharina", "beside the user's name", id="the name and a year"),
        pytest.param("anna.anna.anna", "anna", "beside the user's name", id="the name again and again"),
        pytest.param("abababababab", "c", "repeat a few signs", id="two signs"),
    ],
)
def test_what_is_guessed_first_is_refused(password: str, name: str, said: str) -> None:
    """S13: short, the name with little beside it, or a few signs again and again."""
    with pytest.raises(Unusable, match=said):
        check_password(password, name)


def test_a_hash_is_argon2id_and_costs_what_it_should() -> None:
    """S13: at least OWASP's 19 MB and two rounds, with a salt of its own; nothing fits where there is no user."""
    made, again = hash_password("correct horse battery"), hash_password("correct horse battery")
    costs = extract_parameters(made)
    assert costs.type is Type.ID
    assert costs.memory_cost >= 19 * 1024
    assert costs.time_cost >= 2
    assert made != again
    assert fits_hash("correct horse battery", made)
    assert not fits_hash("correct horse batter", made)
    assert not fits_hash("correct horse battery", None)
