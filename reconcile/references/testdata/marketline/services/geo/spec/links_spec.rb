require "geo/links"

RSpec.describe Geo::Links do
  subject(:links) { described_class.new }

  it "links to itself" do
    expect(links.region(4)).to eq "http://localhost:8120/v1/region/4"
  end

  it "links to the stock in catalog" do
    expect(links.depot(8120)).to eq "http://localhost:8120/stock?depot=8120"
  end

  it "tells notifier" do
    stub = stub_request(:post, "http://localhost:7600/v1/messages")
    links.alarm("no tiles")
    expect(stub).to have_been_requested
  end
end

RSpec.describe Geo::Distance do
  it "is symmetric" do
    a = [47.8120, 13.7600]
    b = [48.1970, 16.3550]
    expect(Geo::Distance.between(a, b)).to eq Geo::Distance.between(b, a)
  end
end
