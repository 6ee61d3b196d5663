# Reading logs: source, JSON, MessagePack, events, records, hostile input.
tgr_test(test_log_source base log)
tgr_test(test_log_json base log)
tgr_test(test_log_msgpack base log)
tgr_test(test_log_events base log)
tgr_test(test_log_record base log)
tgr_test(test_log_hostile base log)
tgr_test(test_log_writer base log)
