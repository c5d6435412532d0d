"""How a password is kept: dear to guess, whoever has stolen the table."""

from argon2 import extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from staff import passwords

# As they are when the application begins; the stories' are cheaper.
HASHER, NOBODY = passwords._hasher, passwords._nobody


def test_a_guess_costs_what_is_recommended():
    assert extract_parameters(HASHER.hash("correct horse")) == RFC_9106_LOW_MEMORY


def test_a_guess_at_nobody_costs_as_much_and_never_succeeds(monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", HASHER)
    monkeypatch.setattr(passwords, "_nobody", NOBODY)
    assert extract_parameters(NOBODY) == RFC_9106_LOW_MEMORY
    assert not passwords.verify(None, "correct horse")


def test_a_hash_of_a_cheaper_time_is_outdated(monkeypatch):
    cheap = passwords.hash_password("correct horse")
    assert not passwords.outdated(cheap)
    monkeypatch.setattr(passwords, "_hasher", HASHER)
    assert passwords.outdated(cheap)
    assert passwords.verify(cheap, "correct horse")
