using Byok.Core.Errors;
using Byok.Storage.Ledger;
using Byok.Testing.Core.Fuzzing;

namespace Byok.Storage.Tests.Fuzzing;

/// <summary>Lines of the ledger, which anybody who may write to its container can put there.</summary>
public sealed class LedgerFuzzTests
{
    [Fact]
    public void Line_Mutated_IsReadOrRefused() => Line(Fuzzer.FewInputs);

    [Trait("Category", "Long")]
    [Fact]
    public void Line_MutatedManyTimes_IsReadOrRefused() => Line(Fuzzer.ManyInputs);

    private static void Line(int inputs) => Fuzzer.Run(
        "ledger", inputs,
        input =>
        {
            var entry = LedgerChain.ParseUnchained(input);
            Assert.Equal(input, LedgerChain.ToLine(entry)[..^1]);
            LedgerChain.ParseNext(input, 1, LedgerChain.Genesis);
        },
        exception => exception is IntegrityException);
}
