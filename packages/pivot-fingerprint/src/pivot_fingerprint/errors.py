"""What can go wrong with a question about a function, as one tree.

    FingerprintError
    ├── InvalidTarget       no ``package.module:name``, and nothing that can be called
    ├── UnknownModule       no module of the project has that name
    └── UnknownName         the module binds no such name

Every error carries its fields and survives pickling. Its text is one line that says what is wrong, where, and what to
do next. An analysis itself raises none of them: source that cannot be followed is listed as opaque.
"""


class FingerprintError(Exception):
    """Anything that this package raises on purpose. The constructor's arguments are the fields."""

    def __str__(self) -> str:
        return self.describe()

    def describe(self) -> str:
        """Return the message: what is wrong, where, what to do next."""
        return " ".join(str(argument) for argument in self.args)


class InvalidTarget(FingerprintError):
    """The text does not name a function, or the object cannot be called."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.target = target

    def describe(self) -> str:
        return f"{self.target!r} names no function: write it as package.module:function"


class UnknownModule(FingerprintError):
    """The module is not the project's. ``found`` is the file of an installed or standard one, None if there is none."""

    def __init__(self, module: str, roots: tuple[str, ...], found: str | None = None) -> None:
        super().__init__(module, roots, found)
        self.module = module
        self.roots = roots
        self.found = found

    def describe(self) -> str:
        where = ", ".join(self.roots)
        if self.found is not None:
            return f"module {self.module!r} is installed ({self.found}), no code of the project: name one below {where}"
        return (
            f"no module {self.module!r} below {where} or on the import path: check it, or give its directory as a root"
        )


class UnknownName(FingerprintError):
    """The module has no such definition. ``suggestion`` is the most similar name that it has, None if none is.

    ``imported`` says that it has the name, from outside the project.
    """

    def __init__(
        self, module: str, name: str, file: str, suggestion: str | None = None, imported: bool = False
    ) -> None:
        super().__init__(module, name, file, suggestion, imported)
        self.module = module
        self.name = name
        self.file = file
        self.suggestion = suggestion
        self.imported = imported

    def describe(self) -> str:
        if self.imported:
            return f"{self.name!r} in module {self.module!r} ({self.file}) comes from outside the project: name its own"
        hint = f"did you mean {self.suggestion!r}?" if self.suggestion else "check the name"
        return f"module {self.module!r} ({self.file}) binds no name {self.name!r}: {hint}"
