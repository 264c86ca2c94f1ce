# A plugin of sosreport: put it into sos/report/plugins (https://github.com/sosreport/sos).
# The settings are always collected: nothing is sent for them. The check sends requests, and is
# therefore behind an option: sos report -k pullpath.check=on
# Each distribution by name: sos before 4.1 passes over a plugin that is IndependentPlugin alone.
try:
    from sos.report.plugins import Plugin, RedHatPlugin, DebianPlugin, UbuntuPlugin, SuSEPlugin
except ImportError:  # sos before 4.0
    from sos.plugins import Plugin, RedHatPlugin, DebianPlugin, UbuntuPlugin, SuSEPlugin

try:
    from sos.report.plugins import PluginOpt
    OPTIONS = [PluginOpt("check", default=False, desc="walk the path of a pull (sends requests)")]
except ImportError:  # sos before 4.2
    OPTIONS = [("check", "walk the path of a pull (sends requests)", "slow", False)]


class PullPath(Plugin, RedHatPlugin, DebianPlugin, UbuntuPlugin, SuSEPlugin):
    """The path of container pulls"""
    short_desc = "the path of container pulls"
    plugin_name = "pullpath"
    profiles = ("network", "container")
    commands = ("pullpath",)
    option_list = OPTIONS

    def setup(self):
        self.add_cmd_output("pullpath settings -o json", suggest_filename="pullpath-settings.json")
        if self.get_option("check"):
            self.add_cmd_output("pullpath check --anonymous --report-only -o json", suggest_filename="pullpath-report.json", timeout=60)
