namespace Reactor.Net.Tests;

/// <summary>A test that needs the program of OpenSSL, which a user may not have; .ci/run brings it.</summary>
internal sealed class OpenSslFactAttribute : FactAttribute
{
    public OpenSslFactAttribute()
    {
        bool isThere = Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(static folder => File.Exists(Path.Combine(folder, "openssl")));
        Skip = isThere ? null : "openssl is not installed: 'apt-get install openssl' brings it";
    }
}
