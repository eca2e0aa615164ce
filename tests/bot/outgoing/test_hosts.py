"""Which addresses the desk calls, and which not, whoever asks for it."""

from ipaddress import ip_address
from pathlib import Path

import pytest
from yarl import URL

from bot.outgoing.hosts import CallRefused, Hosts, kind_of, written_host
from bot.settings import Outgoing, SettingsError, load_settings


def hosts(*urls: str, others: tuple[str, ...] = (), private: tuple[str, ...] = ()) -> Hosts:
    return Hosts.of(Outgoing(hosts=others, private_hosts=private), urls)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("93.184.216.34", "public"),
        ("2606:2800:220:1:248:1893:25c8:1946", "public"),
        ("10.0.0.5", "private"),
        ("172.16.9.9", "private"),
        ("192.168.1.1", "private"),
        ("127.0.0.1", "private"),
        ("0.0.0.0", "private"),  # noqa: S104
        ("100.100.100.200", "private"),
        ("224.0.0.1", "private"),
        ("255.255.255.255", "private"),
        ("::1", "private"),
        ("fd00:ec2::254", "private"),
        ("::ffff:10.0.0.5", "private"),
        ("169.254.169.254", "link-local"),
        ("fe80::1", "link-local"),
        ("::ffff:169.254.169.254", "link-local"),
        ("64:ff9b::a9fe:a9fe", "link-local"),
        ("2002:a9fe:a9fe::1", "link-local"),
    ],
)
def test_an_address_is_known_for_what_it_is(address: str, kind: str) -> None:
    assert kind_of(ip_address(address)) == kind


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://orders.example/api/{{ order_number }}", "orders.example"),
        ("http://Orders.Example:8080/", "orders.example"),
        ("http://[::1]:8080/x", "::1"),
        ("https://key:word@orders.example/", "orders.example"),
        ("https://{{ region }}.orders.example/", ""),
        ("https://orders.example{{ tail }}/", ""),
        ("https://orders.example:{{ port }}/", ""),
        ("{{ url }}", ""),
        ("file:///etc/passwd", ""),
    ],
)
def test_only_a_host_that_is_written_out_is_taken_from_an_address(url: str, host: str) -> None:
    assert written_host(url) == host


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/", "https://orders.example.evil.example/", "ftp://orders.example/", "https:///x"],
)
def test_a_host_that_is_not_written_in_the_settings_is_not_called(url: str) -> None:
    with pytest.raises(CallRefused):
        hosts("https://orders.example/").check(URL(url))


def test_a_host_made_by_a_template_needs_to_be_named() -> None:
    template = "https://{{ region }}.orders.example/"
    with pytest.raises(CallRefused, match=r"eu.orders.example is not among the hosts of \[outgoing\] hosts"):
        hosts(template).check(URL("https://eu.orders.example/"))
    named = hosts(template, others=("*.orders.example",))
    named.check(URL("https://eu.orders.example/"))
    with pytest.raises(CallRefused):
        named.check(URL("https://orders.example.evil/"))


def test_who_writes_a_loopback_address_means_it() -> None:
    hosts("http://127.0.0.1:8081/orders/{{ order_number }}").check(URL("http://127.0.0.1:8081/orders/1"))
    with pytest.raises(CallRefused):
        hosts("http://orders.example/").check(URL("http://127.0.0.1:8081/orders/1"))


def test_the_clouds_metadata_service_is_not_called_even_where_it_is_written() -> None:
    url = "http://169.254.169.254/latest/meta-data/"
    with pytest.raises(CallRefused, match=r"a link-local address; .* private_hosts"):
        hosts(url).check(URL(url))
    hosts(url, private=("169.254.169.254",)).check(URL(url))


@pytest.mark.parametrize(
    "path", ["/orders/../admin", "/orders/%2e%2e/admin", "/orders/..%2Fadmin", "/orders/."]
)
def test_a_value_does_not_lead_to_another_place_of_the_system(path: str) -> None:
    with pytest.raises(CallRefused, match="path"):
        hosts("https://orders.example/").check(URL("https://orders.example" + path, encoded=True))


@pytest.mark.parametrize(
    "text",
    [
        "hosts = ['https://orders.example']",
        "hosts = ['*']",
        "private_hosts = ['*.internal']",
        "private_hosts = ['']",
    ],
)
def test_settings_name_hosts_and_nothing_else(tmp_path: Path, text: str) -> None:
    (tmp_path / "kefu.toml").write_text(f"[outgoing]\n{text}", "utf-8")
    with pytest.raises(SettingsError, match="outgoing"):
        load_settings(tmp_path)
