"""Invite rings as components of a graph: people, the devices that strangers share, and invitations. Linear in its edges."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]


def circles(people: int, invites: "tuple[Ints, Ints]", devices: "tuple[Ints, Ints]") -> "Ints":
    """The component of each person, as a number; people in one component reach one another, there and back.

    `invites` leads from inviter to invitee, `devices` names (person, device): whoever shares a device stands in both directions
    to whoever else does. A tree of invitations, however large, leads nowhere back: each of its members stays alone.

    >>> import numpy as np
    >>> none = np.array([], dtype=np.int64)
    >>> circles(4, (np.array([0, 1, 2]), np.array([1, 2, 0])), (none, none)).tolist()[3] == 3
    False
    """
    import numpy as np
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    member, device = devices
    hub = people + device
    start = np.concatenate([invites[0], member, hub])
    end = np.concatenate([invites[1], hub, member])
    size = people + (int(device.max()) + 1 if len(device) else 0)
    graph = coo_matrix((np.ones(len(start), dtype=np.int8), (start, end)), shape=(size, size))
    _, component = connected_components(graph, directed=True, connection="strong")
    return np.asarray(component[:people], dtype=np.int64)
