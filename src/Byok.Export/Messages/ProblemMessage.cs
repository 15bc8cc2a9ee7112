using System.Net;
using Byok.Core.Errors;
using Byok.Http;

namespace Byok.Export.Messages;

/// <summary>A failure as it crosses the relay: problem details (RFC 9457).</summary>
/// <param name="Type"><c>urn:byok:failure:</c> and the exception's full type name.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">The failure's sentence, free of secrets.</param>
internal sealed record ProblemMessage(string Type, int Status, string Detail)
{
    public static BufferedResponse ToResponse(ByokException failure)
    {
        var status = failure switch
        {
            ExportRefusedException => HttpStatusCode.Forbidden,
            ConflictException => HttpStatusCode.Conflict,
            TransientByokException => HttpStatusCode.ServiceUnavailable,
            _ => HttpStatusCode.InternalServerError,
        };
        var problem = new ProblemMessage(ExportContract.ProblemTypePrefix + FailureDetails.From(failure).ErrorType, (int)status, failure.Message);
        return new BufferedResponse(status, ContractJson.Headers(ExportContract.ProblemMediaType), ContractJson.Write(problem));
    }

    public ByokException ToException() =>
        Type.StartsWith(ExportContract.ProblemTypePrefix, StringComparison.Ordinal)
            ? new FailureDetails(Type[ExportContract.ProblemTypePrefix.Length..], Detail).ToException()
            : new UnexpectedFailureException($"The agent answered {Status}: {Detail}");
}
