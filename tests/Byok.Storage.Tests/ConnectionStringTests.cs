using Byok.Core.Errors;

namespace Byok.Storage.Tests;

public sealed class ConnectionStringTests
{
    [Theory]
    [InlineData("c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0IQ==")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0LX?")]
    [InlineData("DefaultEndpointsProtocol=https;AccountKey=c2VjcmV0")]
    [InlineData("AccountKey=c2VjcmV0;AccountKey=c2VjcmV0")]
    [InlineData("c2VjcmV0")]
    [InlineData("BlobEndpoint=c2VjcmV0")]
    [InlineData("")]
    public void OpenEmulator_WrongConnectionString_IsNotShown(string text)
    {
        var failure = Assert.Throws<ConfigurationException>(() => StorageAccount.OpenEmulator(text));

        Assert.Contains("connection string", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", failure.ToString(), StringComparison.Ordinal);
    }
}
