"""What can be known before training starts: each module checks one thing, refuses or warns, or has nothing to say.

`data` looks at the rows, `model` at weights and tokenizer, `run` at settings, devices and room; `checks` says in which
order. What several of them need lies beside it.
"""
