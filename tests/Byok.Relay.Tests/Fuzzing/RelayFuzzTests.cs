using System.Text.Json;
using Byok.Relay.HybridConnections.Protocol;
using Byok.Testing.Core.Fuzzing;

namespace Byok.Relay.Tests.Fuzzing;

/// <summary>What the relay sends.</summary>
public sealed class RelayFuzzTests
{
    private const string Target = "relay-message";

    [Fact]
    public void Message_Mutated_IsReadOrRefused() => Run(Fuzzer.FewInputs);

    [Trait("Category", "Long")]
    [Fact]
    public void Message_MutatedManyTimes_IsReadOrRefused() => Run(Fuzzer.ManyInputs);

    private static void Run(int inputs) =>
        Fuzzer.Run(Target, inputs, input => RelayMessage.Parse(input).ToBytes(), exception => exception is JsonException);
}
