//! Sending transactions over REST (lighter.md 2.2).

use super::super::refusal::Refusal;
use super::super::submit::{Receipt, Submission, read_batch};
use super::Call;
use serde_json::{Value, json};

impl Call<'_> {
    pub(super) fn send_tx(&mut self) -> Result<Value, Refusal> {
        let tx_type = self.params.required_integer("tx_type")?;
        let tx_type = u8::try_from(tx_type).map_err(|_| Refusal::UnsupportedTxType)?;
        let info = self.params.required("tx_info")?.to_owned();
        let receipt = self.sim.submit(self.now, &[Submission { tx_type, info }])?;
        let hash = receipt.hashes.first().cloned().unwrap_or_default();
        Ok(answer(&receipt, json!(hash)))
    }

    pub(super) fn send_tx_batch(&mut self) -> Result<Value, Refusal> {
        let batch = read_batch(self.params.required("tx_types")?, self.params.required("tx_infos")?)?;
        let receipt = self.sim.submit(self.now, &batch)?;
        Ok(answer(&receipt, json!(receipt.hashes)))
    }
}

fn answer(receipt: &Receipt, hash: Value) -> Value {
    json!({
        "code": 200,
        "message": receipt.message,
        "tx_hash": hash,
        "predicted_execution_time_ms": receipt.due.millis(),
        "volume_quota_remaining": receipt.quota,
    })
}
