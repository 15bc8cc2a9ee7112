using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Export.Messages;

namespace Byok.Export;

/// <summary>The HSM as the cloud sees it: the agent beside it, through the relay. Failures come back as the types they were thrown as.</summary>
public sealed class RelayHsm(IAgentChannel channel) : IHsm
{
    private readonly IAgentChannel _channel = channel ?? throw new ArgumentNullException(nameof(channel));

    /// <inheritdoc/>
    public Task<HsmDescription> DescribeAsync(CancellationToken cancellationToken) =>
        SendAsync<HsmDescription>(new AgentRequest("GET", ExportContract.DescribePath, default), cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<MasterKey>> ListMasterKeysAsync(CancellationToken cancellationToken) =>
        await SendAsync<List<MasterKey>>(new AgentRequest("GET", ExportContract.KeysPath, default), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    /// <exception cref="ExportRefusedException">The agent's policy does not let this key be generated.</exception>
    public Task<MasterKey> GenerateMasterKeyAsync(string label, int sizeInBits, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(label);
        var body = ContractJson.Write(new GenerateKeyMessage(label, sizeInBits));
        return SendAsync<MasterKey>(new AgentRequest("POST", ExportContract.KeysPath, body), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ExportedKey> ExportMasterKeyAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return SendAsync<ExportedKey>(new AgentRequest("POST", ExportContract.ExportsPath, ContractJson.Write(request)), cancellationToken);
    }

    private async Task<T> SendAsync<T>(AgentRequest request, CancellationToken cancellationToken)
        where T : class
    {
        var response = await _channel.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.Body.Length > ExportContract.MaxResponseBodyInBytes)
        {
            throw new UnexpectedFailureException($"The agent answered {request.Method} {request.Path} with {response.Body.Length} bytes, too many.");
        }

        if (response.Status == 200)
        {
            return ContractJson.TryRead<T>(response.Body.Span, out var answer)
                ? answer
                : throw new UnexpectedFailureException($"The agent's answer to {request.Method} {request.Path} is not in the contract's form; update the older side.");
        }

        if (ContractJson.TryRead<ProblemMessage>(response.Body.Span, out var problem))
        {
            throw problem.ToException();
        }

        // Not the agent's own words: something on the way answered in its place.
        throw response.Status is 408 or 429 or >= 500
            ? new ServiceUnavailableException($"The agent did not answer {request.Method} {request.Path}: status {response.Status} from something on the way.")
            : new UnexpectedFailureException($"{request.Method} {request.Path} was answered with status {response.Status}, which the contract does not know.");
    }
}
