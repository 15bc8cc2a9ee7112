using System.Net;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Export.Messages;
using Byok.Http;

namespace Byok.Export;

/// <summary>The HSM as the cloud sees it: the agent beside it, through the relay. Failures come back as the types they were thrown as.</summary>
public sealed class RelayHsm(IAgentChannel channel) : IHsm
{
    private readonly IAgentChannel _channel = channel ?? throw new ArgumentNullException(nameof(channel));

    public Task<HsmDescription> DescribeAsync(CancellationToken cancellationToken) =>
        GetAsync<HsmDescription>(ExportContract.DescribePath, cancellationToken);

    public async Task<IReadOnlyList<MasterKey>> ListMasterKeysAsync(CancellationToken cancellationToken) =>
        await GetAsync<List<MasterKey>>(ExportContract.KeysPath, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    /// <exception cref="ExportRefusedException">The agent's policy does not let this key be generated.</exception>
    public Task<MasterKey> GenerateMasterKeyAsync(string label, int sizeInBits, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(label);
        return PostAsync<GenerateKeyMessage, MasterKey>(ExportContract.KeysPath, new GenerateKeyMessage(label, sizeInBits), cancellationToken);
    }

    public Task<ExportedKey> ExportMasterKeyAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return PostAsync<ExportRequest, ExportedKey>(ExportContract.ExportsPath, request, cancellationToken);
    }

    private Task<T> GetAsync<T>(string path, CancellationToken cancellationToken)
        where T : class => SendAsync<T>(new BufferedRequest("GET", path, BufferedRequest.NoHeaders, default), cancellationToken);

    private Task<TAnswer> PostAsync<TMessage, TAnswer>(string path, TMessage message, CancellationToken cancellationToken)
        where TAnswer : class =>
        SendAsync<TAnswer>(
            new BufferedRequest("POST", path, ContractJson.Headers(ExportContract.JsonMediaType), ContractJson.Write(message)), cancellationToken);

    private async Task<T> SendAsync<T>(BufferedRequest request, CancellationToken cancellationToken)
        where T : class
    {
        var response = await _channel.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.Body.Length > ExportContract.MaxResponseBodyInBytes)
        {
            throw new UnexpectedFailureException($"The agent answered {request.Method} {request.Target} with {response.Body.Length} bytes, too many.");
        }

        if (response.StatusCode == HttpStatusCode.OK)
        {
            return ContractJson.TryRead<T>(response.Body.Span, out var answer)
                ? answer
                : throw new UnexpectedFailureException($"The agent's answer to {request.Method} {request.Target} is not in the contract's form; update the older side.");
        }

        if (ContractJson.TryRead<ProblemMessage>(response.Body.Span, out var problem))
        {
            throw problem.ToException();
        }

        // Not the agent's own words: something on the way answered in its place.
        var status = (int)response.StatusCode;
        throw status is 408 or 429 or >= 500
            ? new ServiceUnavailableException($"The agent did not answer {request.Method} {request.Target}: status {status} from something on the way.")
            : new UnexpectedFailureException($"{request.Method} {request.Target} was answered with status {status}, which the contract does not know.");
    }
}
