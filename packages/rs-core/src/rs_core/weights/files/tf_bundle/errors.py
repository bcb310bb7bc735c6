"""What the parsers of this format raise; they see bytes and know no path."""


class DamageError(Exception):
    """The bytes are not what the format asks for."""


class FormError(Exception):
    """A sound file, in a form that is not read here but that TensorFlow can write anew."""
