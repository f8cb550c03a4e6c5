class StepRefused(Exception):
    """The thing is not in a state in which this step can be taken; the sentence says why.

    Not a missing right (`accounts.roles.NotAllowed`) and not a missing thing.
    """

    status = 409

    def __init__(self, sentence: str, code: str = "wrong-state"):
        super().__init__(sentence)
        self.code = code
