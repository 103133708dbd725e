"""A journal note about a synthetic patient, to be changed by the test that needs another."""

from __future__ import annotations

from datetime import UTC, date, datetime

from portal.domain.context import Patient, ReplyTo
from portal.domain.identity import Organisation
from portal.domain.journal_note import JournalNote, Sender
from portal.domain.oids import FNR

NOTE = JournalNote(
    msg_id="0f0e0d0c-0000-4000-8000-000000000011",
    generated_at=datetime(2026, 1, 15, 9, 0, 5, tzinfo=UTC),
    sender=Sender("Syntetisk Inngangsportal", "310000043", "99000001", "99000002", "+4700000000"),
    organisation=Organisation("310000124"),
    reply_to=ReplyTo(her_id="99000102", parent_her_id="99000101"),
    practitioner_name="Syntetisk Testlege",
    hpr_number="999999901",
    profession="LE",
    patient=Patient("01817512484", FNR, "Testpasient", "Syntetisk", date(1975, 1, 1)),
    title="Kvittering: rapport til Eksempelregisteret",
    text="Rapport til Eksempelregisteret er sendt 15.01.2026 kl. 10:00. Referanse EKS-2026-000123. Se vedlagt PDF.",
    pdf=b"%PDF-1.7\n% synthetic\n",
    document_id="EKS-2026-000123",
    debugging=True,
)
