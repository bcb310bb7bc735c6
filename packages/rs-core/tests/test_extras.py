"""What is said of a module that an extra brings, and of one that none brings."""

import pytest

from rs_core import UserError
from rs_core.extras import EXTRAS, missing_extra


@pytest.mark.parametrize("module", EXTRAS["train"])
def test_a_module_of_an_extra_is_met_with_what_to_install(module):
    for name in (module, f"{module}.part.of_it"):
        error = missing_extra(ModuleNotFoundError(name=name), "rs-core train")
        assert isinstance(error, UserError)
        assert str(error) == f"rs-core train needs {module}, which is not installed: pip install 'rs-core[train]'"


@pytest.mark.parametrize("name", ["rs_core.oops", "yamlish", None])
def test_any_other_import_error_is_raised_again(name):
    error = ModuleNotFoundError(name=name)
    with pytest.raises(ModuleNotFoundError) as caught:
        missing_extra(error, "rs-core train")
    assert caught.value is error
