"""Virtual cards: what a tag, a bank card or a phone answers to each command (ISO/IEC 14443, NFC
Forum tags, EMV contactless). They know nothing of readers and radio; host_sim/reader has those."""
