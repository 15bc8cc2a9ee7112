namespace Byok.Api;

/// <summary>Ends a request with a problem document.</summary>
/// <param name="status">The HTTP status code.</param>
/// <param name="detail">One sentence about this one.</param>
internal sealed class ApiProblemException(int status, string title, string detail) : Exception(detail)
{
    public ApiResponse ToResponse() => ApiResponse.Problem(status, title, Message);
}
