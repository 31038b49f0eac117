"""Saved views 已存视图: one's own, those that supervisors share, and the one the queue opens with."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline import clock
from hotline.accounts.models import Account
from triage.queue.models import DefaultView, SavedView

LONGEST_NAME = 24
MOST = 30
KEPT_DELETED = dt.timedelta(minutes=10)
"""For so long a deleted view can be had back; the next deletion after that clears it away."""


class NoSuchView(Exception):
    """There is none, or it is somebody else's affair."""


class NameTaken(Exception):
    """The same person has another view of that name."""


class TooMany(Exception):
    """Somebody has `MOST` views already: nobody finds anything among more."""


def visible(session: orm.Session, account_id: int) -> list[sa.Row[Any]]:
    """One's own views, then the shared ones, by name: each with its owner's name and whether it is the
    one that this account's queue opens with."""
    found = (
        sa.select(SavedView, Account.name.label("owner"), DefaultView.view_id.label("default"))
        .join(Account, Account.id == SavedView.owner_id)
        .join(
            DefaultView,
            sa.and_(DefaultView.view_id == SavedView.id, DefaultView.account_id == account_id),
            isouter=True,
        )
        .where(_is_visible(account_id))
        .order_by(SavedView.shared, SavedView.name, SavedView.id)
    )
    return list(session.execute(found))


def save(
    session: orm.Session, account_id: int, name: str, query: str, *, shared: bool = False
) -> int:
    """Keep filters under a name, in place of one's own view of that name; the view's number.

    Raises:
        TooMany: there is no room for another.
    """
    own = sa.select(sa.func.count()).where(
        SavedView.owner_id == account_id,
        SavedView.deleted_at.is_(None),
        SavedView.name != name,
    )
    if (session.scalar(own) or 0) >= MOST:
        raise TooMany
    values = {"query": query, "shared": shared}
    saved: int | None = session.scalar(
        postgresql.insert(SavedView)
        .values(owner_id=account_id, name=name, **values)
        .on_conflict_do_update(
            index_elements=["owner_id", "name"],
            index_where=SavedView.deleted_at.is_(None),
            set_=values,
        )
        .returning(SavedView.id)
    )
    assert saved is not None
    return saved


def rename(
    session: orm.Session, view_id: int, account_id: int, name: str, *, may_share: bool
) -> None:
    """Call a view something else.

    Raises:
        NoSuchView: it may not be changed by this account.
        NameTaken: its owner has one of that name.
    """
    view = _changeable(session, view_id, account_id, may_share=may_share)
    _keep_apart(session, view, name)
    view.name = name


def delete(session: orm.Session, view_id: int, account_id: int, *, may_share: bool) -> str:
    """Delete a view, for everybody if it is shared; its name. It can be had back (`restore`).

    Raises:
        NoSuchView: it may not be changed by this account.
    """
    view = _changeable(session, view_id, account_id, may_share=may_share)
    _clear_away(session, view.owner_id)
    view.deleted_at = clock.now()
    return view.name


def restore(session: orm.Session, view_id: int, account_id: int, *, may_share: bool) -> str:
    """Have a deleted view back; its name.

    Raises:
        NoSuchView: it is gone for good.
        NameTaken: there is another of that name by now.
    """
    view = _changeable(session, view_id, account_id, may_share=may_share, deleted=True)
    _keep_apart(session, view, view.name)
    view.deleted_at = None
    return view.name


def set_default(session: orm.Session, view_id: int | None, account_id: int) -> None:
    """Open the queue with this view from now on; with none, with everything.

    Raises:
        NoSuchView: this account does not see it.
    """
    if view_id is None:
        session.execute(sa.delete(DefaultView).where(DefaultView.account_id == account_id))
        return
    chosen = {"view_id": one(session, view_id, account_id).id}
    session.execute(
        postgresql.insert(DefaultView)
        .values(account_id=account_id, **chosen)
        .on_conflict_do_update(index_elements=["account_id"], set_=chosen)
    )


def one(session: orm.Session, view_id: int, account_id: int) -> SavedView:
    """A view that this account sees.

    Raises:
        NoSuchView: it does not.
    """
    found = sa.select(SavedView).where(SavedView.id == view_id, _is_visible(account_id))
    view = session.scalar(found)
    if view is None:
        raise NoSuchView
    return view


def default(session: orm.Session, account_id: int) -> SavedView | None:
    """The view that this account's queue opens with, if it still stands."""
    chosen = (
        sa.select(SavedView)
        .join(DefaultView, DefaultView.view_id == SavedView.id)
        .where(DefaultView.account_id == account_id, _is_visible(account_id))
    )
    return session.scalar(chosen)


def _is_visible(account_id: int) -> sa.ColumnElement[bool]:
    theirs = sa.or_(SavedView.owner_id == account_id, SavedView.shared)
    return sa.and_(SavedView.deleted_at.is_(None), theirs)


def _changeable(
    session: orm.Session, view_id: int, account_id: int, *, may_share: bool, deleted: bool = False
) -> SavedView:
    """One's own, or with the right to share any shared one."""
    mine = SavedView.owner_id == account_id
    found = sa.select(SavedView).where(
        SavedView.id == view_id,
        sa.or_(mine, SavedView.shared) if may_share else mine,
        SavedView.deleted_at.is_not(None) if deleted else SavedView.deleted_at.is_(None),
    )
    view = session.scalar(found.with_for_update())
    if view is None:
        raise NoSuchView
    return view


def _keep_apart(session: orm.Session, view: SavedView, name: str) -> None:
    same = sa.select(SavedView.id).where(
        SavedView.owner_id == view.owner_id,
        SavedView.name == name,
        SavedView.deleted_at.is_(None),
        SavedView.id != view.id,
    )
    if session.scalar(same):
        raise NameTaken


def _clear_away(session: orm.Session, owner_id: int) -> None:
    old = sa.select(SavedView.id).where(
        SavedView.owner_id == owner_id, SavedView.deleted_at < clock.now() - KEPT_DELETED
    )
    session.execute(sa.delete(DefaultView).where(DefaultView.view_id.in_(old)))
    session.execute(sa.delete(SavedView).where(SavedView.id.in_(old)))
