"""The shapes that the API answers with, by noun; `web.queries` fills them."""
