"""The whole hotline on virtual time: the real doors, verbs and sweeps between the emulator's
engine and people made of chance.  Nothing of it runs in production."""
