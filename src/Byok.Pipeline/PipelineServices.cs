using Byok.Core.Ports;
using Byok.Storage;

namespace Byok.Pipeline;

/// <summary>What a host gives the pipeline: the adapters it chose, and its settings.</summary>
/// <param name="Vault">The vault.</param>
/// <param name="Hsm">The HSM side.</param>
/// <param name="Storage">The storage account.</param>
/// <param name="Ledger">The ledger.</param>
/// <param name="Options">The settings.</param>
/// <param name="Time">The clock.</param>
public sealed record PipelineServices(
    IKeyVault Vault, IHsm Hsm, StorageAccount Storage, ILedger Ledger, PipelineOptions Options, TimeProvider Time);
