using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Ports;

namespace Byok.Pipeline.RotateKey;

/// <summary>
/// Starts the rotations that are due: of each wrapping key whose newest version in use is older than <see cref="PipelineOptions.MaxKeyAge"/>.
/// The operation's id is made of that version, so looking often starts nothing twice, and a rotation that failed is tried again.
/// </summary>
public sealed class DueRotations(IKeyVault vault, IOrchestrationClient client, PipelineOptions options, TimeProvider time)
{
    /// <summary>Looks, and starts what is due.</summary>
    /// <returns>The ids of the operations that this call started.</returns>
    public async Task<IReadOnlyList<string>> StartAsync(CancellationToken cancellationToken)
    {
        var started = new List<string>();
        await foreach (var key in vault.ListKeysAsync(cancellationToken).ConfigureAwait(false))
        {
            if (WrappingKeyPolicy.IsWrappingKey(key) && await FindDueAsync(key.Id.Name, cancellationToken).ConfigureAwait(false) is { } due)
            {
                var operationId = await IdForAsync(due, cancellationToken).ConfigureAwait(false);
                if (await client.ScheduleAsync(RotateKeyOrchestration.Name, new RotateKeyInput { KeyName = due.Name }, operationId, cancellationToken).ConfigureAwait(false))
                {
                    started.Add(operationId);
                }
            }
        }

        return started;
    }

    private async Task<string> IdForAsync(KeyIdentifier due, CancellationToken cancellationToken)
    {
        // The first releases named the version alone; a rotation that began so goes on so.
        var earlier = $"rotate-{due.Version}";
        return await client.GetAsync(earlier, cancellationToken).ConfigureAwait(false) is null
            ? OperationId.Once(due.Version, OperationVerb.Rotate, due.Name).ToString()
            : earlier;
    }

    private async Task<KeyIdentifier?> FindDueAsync(string name, CancellationToken cancellationToken)
    {
        var life = await vault.ReadLifeAsync(name, cancellationToken).ConfigureAwait(false);
        return options.KeyPolicy.DueForRotation(life, time.GetUtcNow())?.Id;
    }
}
