"""What it costs to draw a whole CRM, beside switching it: the ratio decides how many examples a property affords."""

from statistics import median
from time import process_time

from hypothesis import HealthCheck, Phase, given, settings

from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.settings import CrmMode
from crmcore.testing import ADMIN, TestCrm
from crmcore.testing.strategies import crm_images

EXAMPLES = 300
RUNS = 5

FIXED = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def drawing(min_active: int) -> tuple[float, float]:
    """Milliseconds of processor time for one CRM: to draw it, and to switch it."""
    drawn: list[CrmImage] = []

    @FIXED
    @given(image=crm_images(mode=CrmMode.CLASSIC, min_active=min_active))
    def each(image: CrmImage) -> None:
        drawn.append(image)

    start = process_time()
    each()
    between = process_time()
    for image in drawn:
        TestCrm.of(image).crm.switch_to_simple(ADMIN, key="now")
    end = process_time()
    return (between - start) / len(drawn) * 1000, (end - between) / len(drawn) * 1000


def main() -> None:
    each = [drawing(run % 2) for run in range(RUNS)]
    print(f"drawing a CRM   {median(draw for draw, _ in each):6.2f} ms")
    print(f"switching it    {median(switch for _, switch in each):6.2f} ms")


if __name__ == "__main__":
    main()
