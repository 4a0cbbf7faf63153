//! COPY streams: read back by an independent reader of the format.
#![allow(missing_docs, clippy::unwrap_used)]

mod made;

use hub_core::batch::{ABSENT_I64, Batch, TEXT_FIELDS};
use hub_core::copy::{
    CompactError, DELTA_COLUMNS, EVENT_COLUMNS, compact, copy_dead_letters, copy_deltas, copy_events, copy_ledger,
    copy_marks, copy_series,
};
use hub_core::delta::{SUMS, rollup};
use hub_core::reject::{Code, Reject};
use hub_core::series_list::SeriesList;
use hub_core::sketch::encode_values;
use made::{Event, HOUR_US, START_US, batch, events};
use proptest::prelude::*;

type Fields = Vec<Option<Vec<u8>>>;

fn read(stream: &[u8]) -> Vec<Fields> {
    let mut rest = stream.strip_prefix(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0").unwrap();
    let mut rows = Vec::new();
    loop {
        let (count, after) = rest.split_at(2);
        rest = after;
        let count = i16::from_be_bytes(count.try_into().unwrap());
        if count == -1 {
            assert!(rest.is_empty());
            return rows;
        }
        let mut row = Vec::new();
        for _ in 0..count {
            let (length, after) = rest.split_at(4);
            let length = i32::from_be_bytes(length.try_into().unwrap());
            let (value, after) = after.split_at(length.max(0) as usize);
            row.push((length >= 0).then(|| value.to_vec()));
            rest = after;
        }
        rows.push(row);
    }
}

fn int(field: &Option<Vec<u8>>) -> Option<i64> {
    let bytes = field.as_ref()?;
    let negative = bytes[0] >= 0x80;
    Some(bytes.iter().fold(if negative { -1 } else { 0 }, |value, byte| value << 8 | i64::from(*byte)))
}

fn moment(field: &Option<Vec<u8>>) -> i64 {
    int(field).unwrap() + 946_684_800_000_000
}

fn column(name: &str) -> usize {
    EVENT_COLUMNS.iter().position(|column| *column == name).unwrap()
}

fn check_events(batch: &Batch, with_row: bool) {
    let stream = copy_events(batch, with_row);
    let rows = read(&stream);
    assert_eq!(rows.len(), batch.rows.len());
    for (i, (fields, row)) in rows.iter().zip(&batch.rows).enumerate() {
        assert_eq!(fields.len(), EVENT_COLUMNS.len() + usize::from(with_row));
        if with_row {
            assert_eq!(int(&fields[0]), Some(i as i64));
        }
        let fields = &fields[usize::from(with_row)..];
        let get = |name: &str| &fields[column(name)];
        assert_eq!(int(get("tenant_id")), Some(row.tenant_id.into()));
        assert_eq!(moment(get("ts")), row.ts_us);
        assert_eq!(get("event_key").as_deref(), Some(&row.event_key.to_be_bytes()[..]));
        assert_eq!(int(get("series_id")), Some(batch.series.heads()[row.series as usize].series_id));
        assert_eq!(moment(get("received_at")), row.received_at_us);
        for at in 0..TEXT_FIELDS {
            assert_eq!(fields[column("source") + at].as_deref(), batch.text(row, at));
        }
        let tags = batch.tags(row).map(|text| [b"\x01", text].concat());
        assert_eq!(*get("tags"), tags);
        for (kind, count) in row.tokens.iter().enumerate() {
            let stored = if *count == 0 && kind != 0 && kind != 6 { None } else { Some(i64::from(*count)) };
            assert_eq!(int(&fields[column("input_tokens") + kind]), stored);
        }
        assert_eq!(int(get("latency_us")), Some(row.latency_us).filter(|us| *us != ABSENT_I64));
        assert_eq!(int(get("ttft_us")), Some(row.ttft_us).filter(|us| *us != ABSENT_I64));
        for (line, cost) in row.cost.iter().enumerate() {
            let stored = if *cost == 0 && line != 0 && line != 3 { None } else { Some(*cost) };
            assert_eq!(int(&fields[column("cost_input_pico_usd") + line]), stored);
        }
        assert_eq!(get("cost_status").as_ref().unwrap().len(), 2);
        assert_eq!(int(get("cost_status")), Some(row.cost_status as i64));
        assert_eq!(int(get("price_id")), Some(row.price_id).filter(|id| *id != 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn events_read_back_as_they_were(events in events(40, 1_000_000), with_row in any::<bool>()) {
        check_events(&batch(&events), with_row);
    }

    #[test]
    fn deltas_read_back_with_parts_that_add_up(events in events(60, 1_000_000_000_000_000_000)) {
        let deltas = rollup(&batch(&events));
        let mut rows = read(&copy_deltas(&deltas, 1)).into_iter().peekable();
        for (i, row) in deltas.rows.iter().enumerate() {
            let mut sums = [0i128; SUMS];
            let mut sketches = [Vec::new(), Vec::new()];
            let is_own = |fields: &Fields| {
                int(&fields[0]) == Some(row.key.tenant_id.into())
                    && moment(&fields[1]) == row.key.bucket_us
                    && int(&fields[2]) == Some(row.key.series_id)
            };
            while let Some(fields) = rows.next_if(is_own) {
                prop_assert_eq!(fields.len(), DELTA_COLUMNS.len());
                prop_assert_eq!(int(&fields[3]), Some(1));
                for (sum, field) in sums.iter_mut().zip(&fields[4..]) {
                    *sum += i128::from(int(field).unwrap());
                }
                sketches[0].extend_from_slice(fields[30].as_ref().unwrap());
                sketches[1].extend_from_slice(fields[31].as_ref().unwrap());
            }
            prop_assert_eq!(sums, deltas.sums(i));
            prop_assert_eq!(&sketches[0][..], deltas.blob(row.latency));
            prop_assert_eq!(&sketches[1][..], deltas.blob(row.ttft));
        }
        prop_assert!(rows.next().is_none());
    }

    #[test]
    fn compacting_does_not_mind_where_chunks_end(
        blobs in proptest::collection::vec(proptest::collection::vec(0..10_000_000u64, 0..6), 1..6), size in 1..40usize,
    ) {
        let parts: Vec<Vec<u8>> = blobs.iter().map(|values| encode_values(values)).collect();
        let all: Vec<u64> = blobs.iter().flatten().copied().collect();
        let stream = stream(&[&[Some(&b"key"[..]), Some(&parts.concat()), None], &[None, None, Some(b"x")]]);
        let chunks: Vec<&[u8]> = stream.chunks(size).collect();
        let rows = read(&compact(&chunks, &[1]).unwrap());
        prop_assert_eq!(&rows[0], &vec![Some(b"key".to_vec()), Some(encode_values(&all)), None]);
        prop_assert_eq!(&rows[1], &vec![None, None, Some(b"x".to_vec())]);
        for cut in 0..stream.len() {
            prop_assert!(compact(&[&stream[..cut]], &[1]).is_err());
        }
    }
}

fn stream(rows: &[&[Option<&[u8]>]]) -> Vec<u8> {
    let mut out = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
    for row in rows {
        out.extend_from_slice(&(row.len() as i16).to_be_bytes());
        for field in *row {
            out.extend_from_slice(&field.map_or(-1, |bytes| bytes.len() as i32).to_be_bytes());
            out.extend_from_slice(field.unwrap_or_default());
        }
    }
    out.extend_from_slice(&[0xff, 0xff]);
    out
}

#[test]
fn a_stream_that_cannot_be_compacted_says_why() {
    assert_eq!(compact(&[b"PGCOPY text"], &[0]), Err(CompactError::NotCopy));
    let one = stream(&[&[Some(b"\x01\x10\x02")]]);
    assert_eq!(compact(&[&one], &[1]), Err(CompactError::Column { row: 0, column: 1 }));
    assert_eq!(compact(&[&one, b"!"], &[0]), Err(CompactError::Trailing));
    assert!(matches!(compact(&[&stream(&[&[Some(b"!")]])], &[0]), Err(CompactError::Sketch { row: 0, .. })));
}

#[test]
fn an_empty_stream_is_its_header_and_trailer() {
    assert!(read(&copy_events(&Batch::default(), true)).is_empty());
    assert!(read(&compact(&[&copy_deltas(&rollup(&Batch::default()), 0)], &[30, 31]).unwrap()).is_empty());
}

#[test]
fn a_mark_is_written_for_every_tenant_and_hour_once() {
    let at = |id, tenant_id, offset_us| Event { tenant_id, offset_us, ..Event::plain(id) };
    let batch = batch(&[at(1, 1, 0), at(2, 1, 60), at(3, 1, HOUR_US), at(4, 2, 0)]);
    let rows = read(&copy_marks(&batch, 7));
    let hour = START_US.div_euclid(HOUR_US) * HOUR_US;
    let got: Vec<_> = rows.iter().map(|row| (int(&row[0]).unwrap(), moment(&row[1]), int(&row[2]).unwrap())).collect();
    assert_eq!(got, [(1, hour, 7), (1, hour + HOUR_US, 7), (2, hour, 7)]);
}

#[test]
fn the_ledger_has_what_came_and_what_became_of_it() {
    let mut batch = batch(&[Event::plain(1), Event::plain(2), Event::plain(3)]);
    batch.drop_rows(&[0]).unwrap();
    batch.poison_rows(&[0], Code::RefusedByDatabase, "").unwrap();
    let rows = read(&copy_ledger(&batch, 9));
    let hour = (START_US + HOUR_US).div_euclid(HOUR_US) * HOUR_US;
    assert_eq!(rows.len(), 1);
    assert_eq!((int(&rows[0][0]), moment(&rows[0][1])), (Some(1), hour));
    let counts: Vec<_> = rows[0][2..].iter().map(|field| int(field).unwrap()).collect();
    assert_eq!(counts, [9, 3, 1, 1, 1]);
}

#[test]
fn a_series_is_written_with_its_dimensions_and_tags() {
    let one = made::series(4, 2, "timeout");
    let mut list = SeriesList::default();
    list.push(&one);
    let rows = read(&copy_series(&list));
    let text = |at: usize| String::from_utf8(rows[0][at].clone().unwrap()).unwrap();
    assert_eq!((int(&rows[0][0]), int(&rows[0][1])), (Some(4), Some(one.series_id)));
    let dimensions: Vec<String> = (2..10).map(text).collect();
    assert_eq!(dimensions, ["openai", "", "model-2", "chat", "", "prod", "search", "timeout"]);
    assert_eq!(text(10), "\u{1}{\"team\":\"red\"}");
}

#[test]
fn a_dead_letter_keeps_the_payload_and_never_holds_a_nul_in_a_text() {
    let reject = Reject {
        tenant_id: 3,
        received_at_us: START_US,
        message: 0,
        ordinal: 1,
        position: 12,
        at_byte: 5,
        code: Code::NulCharacter,
        field: "a\0b".into(),
        detail: "".into(),
        origin: "file.ndjson".into(),
        payload: Box::from(&b"{\0}"[..]),
        payload_truncated: true,
    };
    let rows = read(&copy_dead_letters(&[reject], 8));
    let row = &rows[0];
    let text = |at: usize| String::from_utf8(row[at].clone().unwrap()).unwrap();
    assert_eq!((int(&row[0]), moment(&row[1]), int(&row[2])), (Some(3), START_US, Some(8)));
    assert_eq!((text(3).as_str(), int(&row[4]), int(&row[5])), ("file.ndjson", Some(12), Some(5)));
    assert_eq!((text(6).as_str(), text(7).as_str()), ("nul_character", "a\u{fffd}b"));
    assert_eq!(text(8), Code::NulCharacter.message());
    assert_eq!((row[9].as_deref(), row[10].as_deref()), (Some(&b"{\0}"[..]), Some(&[1u8][..])));
}
