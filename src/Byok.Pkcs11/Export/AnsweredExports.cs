using Byok.Core.Errors;
using Byok.Core.Ports;

namespace Byok.Pkcs11.Export;

/// <summary>
/// The answers given in this process, by request id, until the request expires: the same request is answered again without a second
/// export, and an id with other content is refused. A failed export is forgotten and may be tried again.
/// </summary>
internal sealed class AnsweredExports(TimeProvider time)
{
    private readonly Dictionary<string, (ExportRequest Request, Task<ExportedKey> Answer)> _answers = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    internal async Task<ExportedKey> GetOrAddAsync(ExportRequest request, Func<Task<ExportedKey>> export)
    {
        Task<ExportedKey> answer;
        lock (_gate)
        {
            RemoveExpired();
            if (!_answers.TryGetValue(request.RequestId, out var known))
            {
                known = (request, Task.Run(export));
                _answers.Add(request.RequestId, known);
            }
            else if (!AsksTheSame(known.Request, request))
            {
                throw new ExportRefusedException($"The export request '{request.RequestId}' was used before for another key or KEK; use a new id.");
            }

            answer = known.Answer;
        }

        try
        {
            return await answer.ConfigureAwait(false);
        }
        catch
        {
            lock (_gate)
            {
                if (_answers.TryGetValue(request.RequestId, out var known) && known.Answer == answer)
                {
                    _answers.Remove(request.RequestId);
                }
            }

            throw;
        }
    }

    private static bool AsksTheSame(ExportRequest left, ExportRequest right) =>
        left.KeyLabel == right.KeyLabel && left.KekId == right.KekId && left.Kek == right.Kek;

    private void RemoveExpired()
    {
        var now = time.GetUtcNow();
        foreach (var (id, (request, answer)) in _answers)
        {
            if (request.ExpiresOn < now && answer.IsCompleted)
            {
                _answers.Remove(id);
            }
        }
    }
}
