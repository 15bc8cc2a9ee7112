using Byok.Core.Ports;
using Byok.Storage;

namespace Byok.Pipeline;

/// <summary>What a host gives the pipeline: the adapters it chose, and its settings.</summary>
public sealed record PipelineServices(
    IKeyVault Vault, IHsm Hsm, StorageAccount Storage, ILedger Ledger, PipelineOptions Options, TimeProvider Time);
