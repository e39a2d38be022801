"""Short keys of discovery messages, as Home Assistant documents them; those of keys that nothing here reads are left out.

Most are put together of abbreviated words (``bri_cmd_t`` is ``brightness_command_topic``), so they are written here as
the words of long keys, from which the short ones follow.
"""

from __future__ import annotations

_WORDS = {
    "activity": "act", "arm": "arm", "availability": "avty", "available": "avail", "brightness": "bri",
    "class": "cla", "clean": "cln", "climate": "climate", "close": "cls", "closed": "clsd", "color": "clr",
    "command": "cmd", "current": "curr", "device": "dev", "discovery": "disc", "humidity": "hum", "lock": "lock",
    "measurement": "meas", "mireds": "mirs", "mode": "mode", "modes": "modes", "name": "name", "night": "nite",
    "options": "ops", "oscillation": "osc", "payload": "pl", "percentage": "pct", "position": "pos", "power": "pow",
    "press": "prs", "preset": "pr", "range": "rng", "scale": "scl", "speed": "spd", "start": "strt", "state": "stat",
    "supported": "sup", "template": "tpl", "temperature": "temp", "topic": "t", "unique": "uniq", "unlock": "unlk",
    "value": "val", "white": "whit",
}  # fmt: skip
_REGULAR = """
    availability_topic availability_template availability_mode brightness_command_template brightness_command_topic
    brightness_scale brightness_state_topic brightness_template brightness_value_template command_template command_topic
    current_temperature_template current_temperature_topic device_class fan_mode_command_template fan_mode_command_topic
    fan_mode_state_template fan_mode_state_topic hs_command_topic hs_state_topic hs_value_template hs_command_template
    max_humidity max_mireds max_temp min_humidity min_mireds min_temp mode_command_template mode_command_topic
    mode_state_template mode_state_topic payload_arm_away payload_arm_home payload_arm_night payload_close payload_off
    payload_on payload_open payload_press payload_stop payload_start payload_unlock percentage_command_template
    percentage_command_topic percentage_state_topic percentage_value_template position_closed position_open
    position_template position_topic power_command_template power_command_topic power_state_template power_state_topic
    rgb_command_template rgb_command_topic rgb_state_topic rgb_value_template set_position_template set_position_topic
    state_class state_closed state_closing state_locked state_locking state_off state_on state_open state_opening
    state_stopped state_template state_topic state_unlocked state_unlocking state_value_template supported_features
    temperature_command_template temperature_command_topic temperature_state_template temperature_state_topic
    value_template xy_command_topic xy_state_topic xy_value_template xy_command_template
"""
_IRREGULAR = """
    act_t action_topic        act_tpl action_template   act_stat_t activity_state_topic
    act_val_tpl activity_value_template                 avty availability
    clr_temp_cmd_t color_temp_command_topic             clr_temp_cmd_tpl color_temp_command_template
    clr_temp_k color_temp_kelvin                        clr_temp_stat_t color_temp_state_topic
    clr_temp_tpl color_temp_template                    clr_temp_val_tpl color_temp_value_template
    cmd_off_tpl command_off_template                    cmd_on_tpl command_on_template
    cmps components           cod_arm_req code_arm_required cod_dis_req code_disarm_required
    curr_hum_t current_humidity_topic                   curr_hum_tpl current_humidity_template
    def_ent_id default_entity_id
    dev device                dock_cmd_t dock_command_topic dock_cmd_tpl dock_command_template
    e encoding                en enabled_by_default     ent_cat entity_category
    b_tpl blue_template       g_tpl green_template      r_tpl red_template
    hum_cmd_t target_humidity_command_topic             hum_cmd_tpl target_humidity_command_template
    hum_stat_t target_humidity_state_topic              hum_state_tpl target_humidity_state_template
    max_k max_kelvin          min_k min_kelvin          o origin
    obj_id object_id          on_cmd_type on_command_type ops options
    opt optimistic            p platform                pause_cmd_t pause_command_topic
    pl_avail payload_available pl_not_avail payload_not_available
    pl_cln_sp payload_clean_spot pl_disarm payload_disarm pl_home payload_home
    pl_lock payload_lock      pl_loc payload_locate     pl_not_home payload_not_home
    pl_paus payload_pause     pl_ret payload_return_to_base
    pr_modes preset_modes     reports_pos reports_position ret retain
    spd_rng_max speed_range_max spd_rng_min speed_range_min
    strt_mow_cmd_t start_mowing_command_topic           pause_mw_cmd_t pause_command_topic
    sup_clrm supported_color_modes sup_feat supported_features
    t topic                   temp_unit temperature_unit uniq_id unique_id
    unit_of_meas unit_of_measurement
"""
_DEVICE = {"cns": "connections", "ids": "identifiers", "mf": "manufacturer", "mdl": "model", "sa": "suggested_area"}


def _short(key: str) -> str:
    return "_".join(_WORDS.get(word, word) for word in key.split("_"))


_PAIRS = _IRREGULAR.split()
SHORT_KEYS = {_short(key): key for key in _REGULAR.split()} | dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True))


def long_key(key: str, *, of_device: bool = False) -> str:
    """The long form of a key; a long one, or one that nothing reads, as it is."""
    return (_DEVICE if of_device else SHORT_KEYS).get(key, key)
