import { signatureScope } from '../../../src/local-aws/aws-api';

describe('the scope of a signature', () => {
  it('names region and service', () => {
    // The example of AWS's "Create a signed request", with another service.
    const authorization =
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/ap-northeast-1/ecs/aws4_request, ' +
      'SignedHeaders=host;x-amz-date, Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024';
    expect(signatureScope({ authorization })).toEqual({ region: 'ap-northeast-1', service: 'ecs' });
  });

  it("is nobody's without a signature", () => {
    expect(signatureScope({}).service).toBe('');
  });
});
