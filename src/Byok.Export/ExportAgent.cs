using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Ports;
using Byok.Core.Transfer;
using Byok.Export.Approvals;
using Byok.Export.Messages;
using Byok.Export.Policy;
using Byok.Export.Record;
using Byok.Http;
using Microsoft.Extensions.Logging;

namespace Byok.Export;

/// <summary>
/// The agent beside the HSM. It trusts nobody who speaks to it: a request is checked by the customer's own rules before the HSM is touched,
/// and what happened is on the disk before it is told. One request at a time, so that no two can pass a check that only one may.
/// </summary>
public sealed partial class ExportAgent : IDisposable
{
    private readonly IHsm _hsm;
    private readonly ExportPolicy _policy;
    private readonly RequestRules _rules;
    private readonly IKekSource? _kekSource;
    private readonly AgentRecord _record;
    private readonly RecordedExports _recorded = new();
    private readonly HourlyLimit _requests;
    private readonly HourlyLimit _exports;
    private readonly HourlyLimit _generations;
    private readonly TimeProvider _time;
    private readonly ILogger<ExportAgent> _logger;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private bool _isFlooded;

    /// <summary>Opens the record and makes the agent ready.</summary>
    /// <param name="kekSource">Reads KEKs from the vault itself; null when the agent cannot reach it, and that rule falls away.</param>
    /// <param name="stateFolder">Where the record is kept.</param>
    /// <param name="logger">The service's log: what is recorded, by entry and hash, so that a second copy of the chain's links exists.</param>
    /// <exception cref="IntegrityException">The record was tampered with.</exception>
    /// <exception cref="ConfigurationException">Another agent uses the state folder.</exception>
    public ExportAgent(IHsm hsm, ExportPolicy policy, IKekSource? kekSource, string stateFolder, TimeProvider time, ILogger<ExportAgent> logger)
    {
        ArgumentNullException.ThrowIfNull(hsm);
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(logger);
        _hsm = hsm;
        _policy = policy;
        _kekSource = kekSource;
        _time = time;
        _logger = logger;
        _rules = new RequestRules(policy, time);
        _requests = new HourlyLimit(policy.RequestsPerHour, time);
        _exports = new HourlyLimit(policy.ExportsPerHour, time);
        _generations = new HourlyLimit(policy.GeneratedKeysPerHour, time);
        _record = AgentRecord.Open(stateFolder, time, _recorded.Load);
        foreach (var (recordedOn, kind) in _recorded.Counted)
        {
            (kind == AgentRecordKind.Exported ? _exports : _generations).Add(recordedOn);
        }

        Record(AgentRecordKind.Started, []);
    }

    /// <summary>Answers a request. Failures are answers too; this throws only when it is cancelled.</summary>
    public async Task<BufferedResponse> HandleAsync(BufferedRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return Admit() ? await AnswerAsync(request, cancellationToken).ConfigureAwait(false) : Flooded();
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Records that the agent stops, and closes the record.</summary>
    public void Dispose()
    {
        try
        {
            Record(AgentRecordKind.Stopped, []);
        }
        catch (IOException)
        {
            // A full disk must not keep the agent from stopping.
        }

        _record.Dispose();
        _gate.Dispose();
    }

    private async Task<BufferedResponse> AnswerAsync(BufferedRequest request, CancellationToken cancellationToken)
    {
        var about = About(request);
        try
        {
            if (request.Body.Length > ExportContract.MaxRequestBodyInBytes)
            {
                throw RequestRules.Refusal(
                    ExportRule.RequestForm, $"the request has {request.Body.Length} bytes, more than {ExportContract.MaxRequestBodyInBytes}.");
            }

            return (request.Method, request.Target) switch
            {
                ("GET", ExportContract.DescribePath) => await DescribeAsync(about, cancellationToken).ConfigureAwait(false),
                ("GET", ExportContract.KeysPath) => await ListAsync(about, cancellationToken).ConfigureAwait(false),
                ("POST", ExportContract.KeysPath) => await GenerateAsync(Parse<GenerateKeyMessage>(request), about, cancellationToken).ConfigureAwait(false),
                ("POST", ExportContract.ExportsPath) => await ExportAsync(Parse<ExportRequest>(request), about, cancellationToken).ConfigureAwait(false),
                _ => throw RequestRules.Refusal(ExportRule.RequestForm, "the contract knows no such method and path."),
            };
        }
        catch (ExportRefusedException refusal)
        {
            about["rule"] = refusal.Rule ?? "hsm";
            about["reason"] = refusal.Message;
            return Told(AgentRecordKind.Refused, about, refusal);
        }
        catch (ByokException failure)
        {
            about["failure"] = failure.GetType().Name;
            about["reason"] = failure.Message;
            return Told(AgentRecordKind.Failed, about, failure);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogUnexpected(exception);
            about["failure"] = exception.GetType().Name;
            return Told(AgentRecordKind.Failed, about, new UnexpectedFailureException("The agent failed on this request; its own log says why."));
        }
    }

    private async Task<BufferedResponse> DescribeAsync(Dictionary<string, string> about, CancellationToken cancellationToken)
    {
        var description = await _hsm.DescribeAsync(cancellationToken).ConfigureAwait(false);
        Record(AgentRecordKind.Answered, about);
        return Json(description);
    }

    private async Task<BufferedResponse> ListAsync(Dictionary<string, string> about, CancellationToken cancellationToken)
    {
        var keys = await _hsm.ListMasterKeysAsync(cancellationToken).ConfigureAwait(false);
        Record(AgentRecordKind.Answered, about);
        return Json(keys.Where(key => _policy.Keys.Any(pattern => pattern.Matches(key.Label))).ToList());
    }

    private async Task<BufferedResponse> GenerateAsync(GenerateKeyMessage message, Dictionary<string, string> about, CancellationToken cancellationToken)
    {
        if (!_policy.GeneratedKeys.Any(pattern => pattern.Matches(message.Label))
            || !_policy.Keys.Any(pattern => pattern.Matches(message.Label))
            || !_policy.GeneratedKeySizesInBits.Contains(message.SizeInBits)
            || message.Label.Length > CanonicalRequest.MaxNameLength
            || !message.Label.All(c => c is >= ' ' and <= '~'))
        {
            throw RequestRules.Refusal(ExportRule.Generation, "a key of that label and size may not be generated on request.");
        }

        about["keyLabel"] = message.Label;
        var keys = await _hsm.ListMasterKeysAsync(cancellationToken).ConfigureAwait(false);
        var exists = keys.Any(key => key.Label == message.Label);
        if (!exists && !_generations.Allows())
        {
            throw RequestRules.Refusal(ExportRule.GenerationRate, $"{_policy.GeneratedKeysPerHour} keys were generated within the last hour; wait, or raise the limit.");
        }

        var key = await _hsm.GenerateMasterKeyAsync(message.Label, message.SizeInBits, cancellationToken).ConfigureAwait(false);
        about["keyThumbprint"] = key.PublicKey.Thumbprint;
        Record(exists ? AgentRecordKind.Answered : AgentRecordKind.Generated, about);
        if (!exists)
        {
            _generations.Add(_time.GetUtcNow());
        }

        return Json(key);
    }

    private async Task<BufferedResponse> ExportAsync(ExportRequest request, Dictionary<string, string> about, CancellationToken cancellationToken)
    {
        Describe(request, about);
        var approvers = _rules.Check(request);
        if (_recorded.TryFind(_record, request, out var recorded))
        {
            Record(AgentRecordKind.ExportRepeated, about);
            return Json(recorded);
        }

        if (_kekSource is not null)
        {
            await KekComparison.CheckAsync(_kekSource, request, cancellationToken).ConfigureAwait(false);
        }

        var description = await _hsm.DescribeAsync(cancellationToken).ConfigureAwait(false);
        if (!description.CanExport)
        {
            throw RequestRules.Refusal(ExportRule.SelfTest, $"the token '{description.TokenLabel}' did not pass its self-test. {description.Verdict}");
        }

        if (!_exports.Allows())
        {
            throw RequestRules.Refusal(ExportRule.ExportRate, $"{_policy.ExportsPerHour} keys were exported within the last hour; wait, or raise the limit.");
        }

        var exported = await _hsm.ExportMasterKeyAsync(request, cancellationToken).ConfigureAwait(false);
        if (TransferBlob.Parse(exported.TransferBlob).KekId != request.KekId)
        {
            throw new HsmException("The HSM made a transfer blob for another KEK than the one it was given; nothing was handed out.");
        }

        // From here on the export has happened: it is told only after it is on the disk.
        _recorded.Record(_record, request, approvers, exported);
        _exports.Add(_time.GetUtcNow());
        LogRecorded(AgentRecordKind.Exported, _record.Last.Sequence, _record.Last.Hash);
        return Json(exported);
    }

    private bool Admit()
    {
        if (_requests.Allows())
        {
            _requests.Add(_time.GetUtcNow());
            _isFlooded = false;
            return true;
        }

        return false;
    }

    private BufferedResponse Flooded()
    {
        // Told once and then only answered: whoever floods the agent must not be able to fill its disk.
        if (!_isFlooded)
        {
            _isFlooded = true;
            return Told(AgentRecordKind.Flooded, [], TooMany());
        }

        return ProblemMessage.ToResponse(TooMany());
    }

    private ServiceUnavailableException TooMany() =>
        new($"The agent took {_policy.RequestsPerHour} requests within the last hour, as many as it takes; wait.");

    /// <summary>Records a failure and makes it an answer. A failure that cannot be recorded is an answer all the same: nothing was handed out.</summary>
    private BufferedResponse Told(string kind, Dictionary<string, string> about, ByokException failure)
    {
        try
        {
            Record(kind, about);
        }
        catch (IOException exception)
        {
            LogUnexpected(exception);
        }

        return ProblemMessage.ToResponse(failure);
    }

    private void Record(string kind, Dictionary<string, string> details)
    {
        var position = _record.Append(kind, details);
        LogRecorded(kind, position.Sequence, _record.Last.Hash);
    }

    private static Dictionary<string, string> About(BufferedRequest request) => new()
    {
        ["method"] = request.Method.Length <= 16 ? request.Method : "(long)",
        ["path"] = request.Target.Length <= 64 ? request.Target : "(long)",
        ["bodySha256"] = Base64Url.EncodeToString(SHA256.HashData(request.Body.Span)),
    };

    private static void Describe(ExportRequest request, Dictionary<string, string> about)
    {
        about["requestId"] = Short(request.RequestId);
        about["keyLabel"] = Short(request.KeyLabel);
        about["kekId"] = Short(request.KekId.ToString());
        about["kekThumbprint"] = request.Kek.Thumbprint;
    }

    private static string Short(string text) => text.Length <= 256 ? text : text[..256] + "...";

    private static T Parse<T>(BufferedRequest request)
        where T : class =>
        ContractJson.TryRead<T>(request.Body.Span, out var message)
            ? message
            : throw RequestRules.Refusal(ExportRule.RequestForm, "the body is not in the contract's form: one JSON object with exactly its members, each once.");

    private static BufferedResponse Json<T>(T value) => new(HttpStatusCode.OK, ContractJson.Headers(ExportContract.JsonMediaType), ContractJson.Write(value));

    [LoggerMessage(1, LogLevel.Information, "Recorded {Kind} as entry {Sequence}, hash {Hash}")]
    private partial void LogRecorded(string kind, long sequence, string hash);

    [LoggerMessage(2, LogLevel.Error, "A request failed unexpectedly")]
    private partial void LogUnexpected(Exception exception);
}
