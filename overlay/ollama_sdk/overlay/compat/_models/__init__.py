"""The models of the official client: generated ones, with the names, the fields and the manners of its own.

Those are pydantic's manners (`model_dump`, `model_validate`, iteration over pairs, None for what is not set), without
pydantic. What a field is made of comes from the generated model; a class here says only what the official client shows
of it, in which order and under which name.
"""
