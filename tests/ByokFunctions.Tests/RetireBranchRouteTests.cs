using System.Text;
using System.Text.Json;
using Byok.Api;
using Byok.Core.Branches;
using Byok.Core.Orchestration;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.RetireBranch;
using Byok.Testing;
using ByokFunctions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Configuration;

namespace ByokFunctions.Tests;

/// <summary><c>POST keys/{name}/retire-branch</c> behind App Service authentication, from the platform's header to the operation that begins.</summary>
public sealed class RetireBranchRouteTests : IDisposable
{
    private const string Key = "customer-key";
    private static readonly ApiRoute Route = ApiRoute.All.Single(route => route is { Method: "POST", Template: "keys/{name}/retire-branch" });

    private readonly InMemoryVault _vault = new();
    private readonly RecordingClient _client = new();
    private readonly ApiRequests _requests =
        new(new ApiCallers(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["WEBSITE_AUTH_ENABLED"] = "True" }).Build()));

    public RetireBranchRouteTests() => _vault.AddActiveKey(Key);

    public void Dispose() => _vault.Dispose();

    [Theory]
    [InlineData(StatusCodes.Status403Forbidden)]
    [InlineData(StatusCodes.Status202Accepted, "Byok.Operator")]
    [InlineData(StatusCodes.Status403Forbidden, "Byok.Approver")]
    [InlineData(StatusCodes.Status403Forbidden, "Byok.Auditor")]
    [InlineData(StatusCodes.Status403Forbidden, "Byok.Approver", "Byok.Auditor")]
    [InlineData(StatusCodes.Status202Accepted, "Byok.Auditor", "Byok.Operator")]
    [InlineData(StatusCodes.Status403Forbidden, "Byok.Owner", "byok.operator")]
    public async Task Retire_ByRole_IsAllowedOrForbidden(int status, params string[] roles)
    {
        Assert.Equal(status, await PostAsync(Key, "{}", roles));
        Assert.Equal(status == StatusCodes.Status202Accepted ? 1 : 0, _client.Started.Count);
    }

    [Fact]
    public async Task Retire_WithNothingOrAllGiven_BeginsThatOperation()
    {
        using var branch = BranchKey.Generate();

        Assert.Equal(StatusCodes.Status202Accepted, await PostAsync(Key, "{}", "Byok.Operator"));
        Assert.Equal(StatusCodes.Status202Accepted, await PostAsync(Key, $$"""{"branch":"{{branch.Name}}","deep":true}""", "Byok.Operator"));

        Assert.Equal(new RetireBranchInput { KeyName = Key }, _client.Started[0].Input);
        Assert.Equal(new RetireBranchInput { KeyName = Key, Branch = branch.Name, Deep = true }, _client.Started[1].Input);
        Assert.All(_client.Started, started => Assert.Equal(RetireBranchOrchestration.Name, started.Name));
        Assert.All(_client.Started, started => Assert.True(OperationId.Is(started.InstanceId, OperationVerb.Retire, Key)));
    }

    [Theory]
    [InlineData("""{"branch":"short"}""", StatusCodes.Status400BadRequest)]
    [InlineData("""{"branch":7}""", StatusCodes.Status400BadRequest)]
    [InlineData("""{"branch":"________________________________________________"}""", StatusCodes.Status400BadRequest)]
    [InlineData("""{"generation":1}""", StatusCodes.Status400BadRequest)]
    [InlineData("", StatusCodes.Status400BadRequest)]
    [InlineData("{}", StatusCodes.Status404NotFound, "nobody")]
    [InlineData("{}", StatusCodes.Status400BadRequest, "no_name")]
    public async Task Retire_WhatCannotBe_StartsNothing(string body, int status, string key = Key)
    {
        Assert.Equal(status, await PostAsync(key, body, "Byok.Operator"));
        Assert.Empty(_client.Started);
    }

    private async Task<int> PostAsync(string key, string body, params string[] roles)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = Route.Method;
        context.Request.ContentType = "application/json";
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
        context.Request.ContentLength = Encoding.UTF8.GetByteCount(body);
        context.Request.Headers["X-MS-CLIENT-PRINCIPAL"] = Convert.ToBase64String(
            JsonSerializer.SerializeToUtf8Bytes(new { role_typ = "roles", claims = roles.Select(role => new { typ = "roles", val = role }) }));
        var api = new OperationsApi(_client, new AuditArchive(TestPipeline.NoStorage), _vault);
        var answer = await _requests.AnswerAsync(context.Request, (call, stop) => Route.AnswerAsync(api, key, call, stop));
        await answer.ExecuteResultAsync(new ActionContext { HttpContext = context });
        return context.Response.StatusCode;
    }

    private sealed class RecordingClient : IOrchestrationClient
    {
        public List<(string Name, object? Input, string InstanceId)> Started { get; } = [];

        public Task<bool> ScheduleAsync(string name, object? input, string instanceId, CancellationToken cancellationToken)
        {
            Started.Add((name, input, instanceId));
            return Task.FromResult(true);
        }

        public Task<OrchestrationStatus?> GetAsync(string instanceId, CancellationToken cancellationToken) => Task.FromResult<OrchestrationStatus?>(null);

        public IAsyncEnumerable<OrchestrationStatus> ListAsync(string idPrefix, CancellationToken cancellationToken) => AsyncEnumerable.Empty<OrchestrationStatus>();

        public Task RaiseEventAsync(string instanceId, string eventName, object? payload, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task TerminateAsync(string instanceId, string reason, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
